import { app } from '@azure/functions';
import { getServices } from '../services.ts';
import { trimTables } from '../trim.ts';

/** Once an hour. */
app.timer('trimTables', {
  schedule: '0 17 * * * *',
  handler: async (_timer, context) => {
    await trimTables(await getServices(), context);
  },
});
