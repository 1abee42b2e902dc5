/** One part of what the console shows: its value, or in one sentence why there is none. */
export type Section<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

/** The value of a section that is there. */
export function valueOf<T>(section: Section<T> | undefined): T | undefined {
  return section?.ok === true ? section.value : undefined;
}
