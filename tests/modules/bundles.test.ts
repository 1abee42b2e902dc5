import { bundleFacts } from '../support/bundle-facts.ts';

/** `npm run test:bundles` runs the same on every Node that is supported. */
describe('bundles on this Node', function () {
  this.timeout(30_000);
  bundleFacts({ node: process.execPath });
});
