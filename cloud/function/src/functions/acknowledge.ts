import { app } from '@azure/functions';
import { answerAcknowledge } from '../answer-acknowledge.ts';
import { getServices } from '../services.ts';

/** The link in the mails. Open to everybody: the link is signed. */
app.http('acknowledge', {
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  handler: async ({ method, query }) => {
    const { acknowledgements, settings, nowMs } = await getServices();
    const { key } = settings.mail.links;
    return answerAcknowledge({ acknowledgements, key, nowMs }, { method, query });
  },
});
