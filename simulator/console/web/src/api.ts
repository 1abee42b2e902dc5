/** Calls to the console's own server. */

/** Reads something. @throws Error with the server's sentence */
export function getJson<T>(path: string): Promise<T> {
  return call<T>(path, {});
}

/** Changes something. @throws Error with the server's sentence */
export function postJson<T>(path: string, body: unknown): Promise<T> {
  return call<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const response = await fetch(path, init).catch(() => {
    throw new Error('The console does not answer. Is the system still running?');
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(String(answer.message ?? response.statusText));
  return answer;
}
