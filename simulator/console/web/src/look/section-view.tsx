import type { ComponentChildren } from 'preact';
import type { Section } from '../../../core/section.ts';

interface Props<T> {
  readonly section: Section<T> | undefined;
  readonly children: (value: T) => ComponentChildren;
}

/** What a process says, or why it says nothing. */
export function SectionView<T>({ section, children }: Props<T>) {
  if (section === undefined) return <p class="muted">Waiting for the first answer …</p>;
  if (!section.ok) return <p class="fault">{section.message}</p>;
  return <>{children(section.value)}</>;
}
