/** `npm run test:bundles` tells which Nodes there are. */
import { z } from 'zod';
import { bundleFacts } from '../../support/bundle-facts.ts';

const Nodes = z.array(z.object({ version: z.string(), node: z.string(), binding: z.string() }));

for (const { version, node, binding } of Nodes.parse(
  JSON.parse(process.env['BUNDLE_NODES'] ?? '[]'),
)) {
  describe(`bundles on Node ${version}`, function () {
    this.timeout(30_000);
    bundleFacts({ node, binding });
  });
}
