import { fileURLToPath } from 'node:url';

/** Folders of the built pages; `npm test` builds them first. */
export const DASHBOARD_PAGE = fileURLToPath(
  new URL('../../dist/cloud/dashboard/web', import.meta.url),
);
export const CONSOLE_PAGE = fileURLToPath(
  new URL('../../dist/simulator/console/web', import.meta.url),
);
