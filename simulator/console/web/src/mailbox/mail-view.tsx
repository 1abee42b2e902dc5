import { useEffect, useState } from 'preact/hooks';
import type { MailSummary } from '../../../core/mail.ts';
import { getJson } from '../api.ts';
import { Card } from '../look/card.tsx';
import { Facts } from '../look/facts.tsx';
import { useAction } from '../look/use-action.tsx';
import { formatTime } from '../words.ts';

interface MailContent {
  readonly from: string;
  readonly text: string;
  readonly hasHtml: boolean;
}

interface ViewProps {
  readonly mail: MailSummary;
  /** All mails of its incident, the newest first, itself among them. */
  readonly thread: readonly MailSummary[];
}

/** One mail, as HTML in a frame in which nothing runs, or as text. */
export function MailView({ mail, thread }: ViewProps) {
  const [content, setContent] = useState<MailContent>();
  const [asText, setAsText] = useState(false);
  const { run } = useAction();
  const path = `api/mails/${encodeURIComponent(mail.id)}`;
  useEffect(() => run(async () => setContent(await getJson<MailContent>(path))), [path]);
  return (
    <Card
      title={mail.subject}
      aside={
        <div class="tabs" role="group" aria-label="Show the mail as">
          <button type="button" aria-pressed={!asText} onClick={() => setAsText(false)}>
            Mail
          </button>
          <button type="button" aria-pressed={asText} onClick={() => setAsText(true)}>
            Text
          </button>
        </div>
      }
    >
      <Facts
        facts={[
          ['From', content?.from ?? '…'],
          ['To', mail.to],
          ['Received', formatTime(mail.receivedMs)],
          ['Incident', mail.incident ?? '–'],
          ['Thread', <Thread mail={mail} thread={thread} />],
        ]}
      />
      {content === undefined ? null : (
        <Body path={path} content={content} asText={asText || !content.hasHtml} />
      )}
    </Card>
  );
}

function Thread({ mail, thread }: ViewProps) {
  if (thread.length < 2) return <>this mail alone</>;
  return (
    <>
      {thread.toReversed().map(({ id, receivedMs }, index) => (
        <span key={id}>
          {index === 0 ? '' : ', '}
          {id === mail.id ? (
            <b>{formatTime(receivedMs)}</b>
          ) : (
            <a href={`#/mailbox/${encodeURIComponent(id)}`}>{formatTime(receivedMs)}</a>
          )}
        </span>
      ))}
    </>
  );
}

interface BodyProps {
  readonly path: string;
  readonly content: MailContent;
  readonly asText: boolean;
}

function Body({ path, content, asText }: BodyProps) {
  if (asText) return <pre class="mail-text">{content.text}</pre>;
  return (
    <iframe
      class="mail-html"
      title="The mail"
      sandbox="allow-popups allow-popups-to-escape-sandbox"
      src={`${path}/html`}
    />
  );
}
