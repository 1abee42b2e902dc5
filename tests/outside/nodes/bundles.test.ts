/** `npm run test:bundles` tells which Nodes there are. */
import { z } from 'zod';
import { bundleFacts } from '../../support/bundle-facts.ts';

const Nodes = z.array(
  z.object({ title: z.string(), command: z.array(z.string()), binding: z.string() }),
);

for (const { title, command, binding } of Nodes.parse(
  JSON.parse(process.env['BUNDLE_NODES'] ?? '[]'),
)) {
  describe(`bundles on Node ${title}`, function () {
    this.timeout(60_000);
    bundleFacts({ command, binding });
  });
}
