import { bundleFacts } from '../support/bundle-facts.ts';

/** `npm run test:bundles` runs the same on every Node that is supported. */
describe('bundles on this Node', function () {
  this.timeout(40_000);
  bundleFacts({ command: [process.execPath] });
});
