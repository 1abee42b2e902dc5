import { app } from '@azure/functions';
import { sendDueMails } from '../send-due-mails.ts';
import { getServices } from '../services.ts';

/** Looks every few seconds whether an incident's mail is due: docs/decisions/0002-mails-by-timer.md. */
app.timer('sendMails', {
  schedule: '%SEND_MAILS_SCHEDULE%',
  handler: async (_timer, context) => {
    await sendDueMails(await getServices(), context);
  },
});
