/** An HTTP answer with a page, and the headers that keep it to itself. */

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; " +
    "frame-ancestors 'none'",
  // The address of the page is its key: it is stored nowhere and told to nobody.
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export interface HtmlAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A page as an answer. */
export function htmlAnswer(status: number, body: string): HtmlAnswer {
  return { status, headers: { ...HEADERS }, body };
}
