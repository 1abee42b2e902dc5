import type { PageSession } from '../../core/page-message.ts';

/** `signed-out`: the server wants a sign-in that this page no longer has; undefined: no answer. */
export type SessionAnswer = PageSession | 'signed-out' | undefined;

/** Asks the server who is looking. */
export async function readSession(): Promise<SessionAnswer> {
  try {
    // The sign-in page is elsewhere, where this page may not follow.
    const response = await fetch('api/session', { redirect: 'manual' });
    if (response.type === 'opaqueredirect' || response.status === 401) return 'signed-out';
    if (!response.ok) return undefined;
    const session: PageSession = await response.json();
    return session;
  } catch {
    return undefined;
  }
}
