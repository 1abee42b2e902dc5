import { app } from '@azure/functions';
import { answerDeadLetters } from '../answer-dead-letters.ts';
import { getServices } from '../services.ts';

/** Mails that nobody took: a page for those who have the function's key. */
app.http('deadLetters', {
  methods: ['GET', 'POST'],
  authLevel: 'function',
  handler: async (request) => {
    const text = request.method === 'POST' ? await request.text() : '';
    const form = new URLSearchParams(text);
    return answerDeadLetters(await getServices(), { method: request.method, form });
  },
});
