/** Makes a mail ready to be sent: subject, bodies and pictures, whatever takes it. */
import { drawPicture } from './draw-picture.ts';
import type { ToIso } from './core/instants.ts';
import type { Mail } from './core/mail.ts';
import { mailContent } from './core/mail-content.ts';
import { mailHtml, type MailLink, type MailPicture } from './core/mail-html.ts';
import { mailText } from './core/mail-text.ts';
import type { MailContent } from './core/mail-parts.ts';
import {
  drawReadings,
  pictureCaption,
  PICTURE_HEIGHT,
  PICTURE_WIDTH,
  pictureText,
  readingsPicture,
  type ColourScheme,
} from './core/readings-picture.ts';

/** A picture that the HTML body shows by its content id; sent along, never loaded from elsewhere. */
export interface InlinePicture {
  readonly name: string;
  readonly contentId: string;
  readonly contentType: 'image/png';
  readonly content: Uint8Array;
}

export interface RenderedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly pictures: readonly InlinePicture[];
}

/** Where a mail can lead; null for mails that lead nowhere. */
export interface MailLinks {
  /** Opens the page that acknowledges the mail's incident. */
  readonly acknowledge: (mail: Mail) => string | null;
  readonly dashboardUrl: string | null;
}

/** Renders `mail`; the same mail gives the same bytes. */
export async function renderMail(mail: Mail, links: MailLinks): Promise<RenderedMail> {
  const content = mailContent(mail.model, toIso);
  const drawn = await picturesOf(content, mail);
  const offered = linksOf(mail, links);
  return {
    subject: content.subject,
    text: mailText(content, offered),
    html: mailHtml(content, { links: offered, picture: drawn?.shown ?? null }),
    pictures: drawn?.pictures ?? [],
  };
}

const toIso: ToIso = (atMs) => new Date(atMs).toISOString();

function linksOf(mail: Mail, { acknowledge, dashboardUrl }: MailLinks): MailLink[] {
  const href = acknowledge(mail);
  return [
    ...(href === null ? [] : [{ href, label: 'Acknowledge', isMain: true }]),
    ...(dashboardUrl === null
      ? []
      : [{ href: dashboardUrl, label: 'Open the dashboard', isMain: false }]),
  ];
}

interface Drawn {
  readonly pictures: readonly InlinePicture[];
  readonly shown: MailPicture;
}

async function picturesOf({ foremost }: MailContent, mail: Mail): Promise<Drawn | null> {
  if (foremost === null) return null;
  const picture = readingsPicture(foremost, mail.model.news.listed);
  if (picture === null) return null;
  const draw = async (scheme: ColourScheme): Promise<InlinePicture> => ({
    name: `readings-${scheme}.png`,
    contentId: contentIdOf(mail, scheme),
    contentType: 'image/png',
    content: await drawPicture(drawReadings(picture, scheme, toIso)),
  });
  const [light, dark] = [await draw('light'), await draw('dark')];
  const shown: MailPicture = {
    lightId: light.contentId,
    darkId: dark.contentId,
    text: pictureText(picture, toIso),
    caption: pictureCaption(picture),
    width: PICTURE_WIDTH,
    height: PICTURE_HEIGHT,
  };
  return { pictures: [light, dark], shown };
}

/** RFC 2392: unique in the world, as the mail's own id is. */
function contentIdOf({ messageId }: Mail, scheme: ColourScheme): string {
  return `readings-${scheme}-${messageId.replace(/[<>]/g, '')}`;
}
