/** Colours and the style sheet of the HTML bodies. */
import type { Tone } from './mail-parts.ts';

/** Attributes of every layout table. */
export const TABLE = 'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"';

interface ToneColours {
  readonly ink: string;
  readonly badge: string;
  readonly onBadge: string;
  readonly darkInk: string;
  readonly darkBadge: string;
  readonly darkOnBadge: string;
}

/** Each text has a contrast of 4.5 at least with what it stands on, in both schemes. */
export const TONES: Readonly<Record<Tone, ToneColours>> = {
  spike: tone('#c62828', '#fde3e1', '#a31515', '#ff8a80', '#5a2323', '#ffb4ad'),
  dip: tone('#1565c0', '#deebfa', '#0d4f9c', '#82b1ff', '#1f3a5f', '#b3d0ff'),
  silent: tone('#8a4b00', '#fdeccf', '#7a4200', '#ffb74d', '#4d3713', '#ffd08a'),
  calm: tone('#1b6e3c', '#dcf2e4', '#165c32', '#7bd8a0', '#1e4630', '#a5e8c0'),
  history: tone('#56606b', '#e6eaee', '#454e58', '#b3bfcb', '#3a424d', '#d3dbe3'),
};

function tone(...colours: [string, string, string, string, string, string]): ToneColours {
  const [ink, badge, onBadge, darkInk, darkBadge, darkOnBadge] = colours;
  return { ink, badge, onBadge, darkInk, darkBadge, darkOnBadge };
}

const DARK_TONES = Object.entries(TONES)
  .map(
    ([name, { darkInk, darkBadge, darkOnBadge }]) =>
      `.${name}{color:${darkInk}!important}\n` +
      `.${name}-badge{background:${darkBadge}!important;color:${darkOnBadge}!important}`,
  )
  .join('\n');

/** Dark colours and narrow screens, for mail programs that heed style sheets. */
export const STYLE_SHEET = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#16191d!important}
.card{background:#22272e!important;border-color:#3a424d!important}
.ink{color:#e6e9ed!important}
.soft{color:#a3adb8!important}
.line{border-color:#3a424d!important}
.quiet-button{color:#8fc1e8!important;border-color:#4a6a82!important}
.light-picture{display:none!important}
.dark-picture{display:block!important}
${DARK_TONES}
}
@media (max-width:480px){
.edge{padding:8px!important}
.card-cell{padding:16px!important}
.figure{font-size:32px!important;line-height:38px!important}
}`;
