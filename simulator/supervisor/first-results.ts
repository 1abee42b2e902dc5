import { z } from 'zod';
import type { ControlClient } from '../wire/control-api.ts';
import type { Settings } from '../wire/settings.ts';

const POLL_INTERVAL_MS = 250;

const Mails = z.array(z.object({ subject: z.string() }));
const Snapshot = z.object({ meters: z.array(z.object({ averages: z.array(z.unknown()) })) });

/** Says when the first average reached the dashboard and the first mail the mailbox. */
export function watchFirstResults(
  consoleProcess: ControlClient,
  { ports }: Settings,
  say: (text: string) => void,
): void {
  let averageSeen = false;
  let mailSeen = false;
  const look = async () => {
    if (!averageSeen && (await hasAverage(ports.dashboard))) {
      averageSeen = true;
      say('first averages on the dashboard');
    }
    const mails = mailSeen ? undefined : Mails.safeParse(await consoleProcess.get('/mails'));
    const [first] = mails?.data ?? [];
    if (first !== undefined) {
      mailSeen = true;
      say(`first mail: ${first.subject}`);
    }
    if (averageSeen && mailSeen) clearInterval(timer);
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(() => undefined)
      .finally(() => (looking = false));
  }, POLL_INTERVAL_MS);
  timer.unref();
}

async function hasAverage(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/api/snapshot`);
  const snapshot = Snapshot.safeParse(await response.json());
  return snapshot.success && snapshot.data.meters.some(({ averages }) => averages.length > 0);
}
