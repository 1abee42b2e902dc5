/** The parts of a mail's content. Foreign text in them is not escaped yet. */
import type { ToldAnomaly } from './tally.ts';

/** What a mail is about, for its colours. */
export type Tone = 'spike' | 'dip' | 'silent' | 'calm' | 'history';

/** A named line of the mail. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** One entry of a list: two cells, each with a note below. */
export interface Row {
  readonly left: string;
  readonly leftNote: string;
  readonly right: string;
  readonly rightNote: string;
  readonly tone: Tone;
}

export interface List {
  readonly title: string;
  readonly rows: readonly Row[];
  /** What the list leaves out; null when it is complete. */
  readonly more: string | null;
}

/** The value that stands out most. */
export interface Figure {
  readonly value: string;
  readonly comparison: string;
}

export interface MailContent {
  /** The same in every mail of a thread. */
  readonly subject: string;
  /** What an inbox shows after the subject. */
  readonly preview: string;
  readonly label: string;
  readonly tone: Tone;
  readonly headline: string;
  readonly figure: Figure | null;
  readonly lead: readonly string[];
  readonly facts: readonly Fact[];
  readonly lists: readonly List[];
  /** Where the most anomalous value came from. */
  readonly lineage: readonly Fact[];
  readonly footer: readonly string[];
  /** The most anomalous of what no mail has told before: the one in figure, picture and lineage. */
  readonly foremost: ToldAnomaly | null;
}
