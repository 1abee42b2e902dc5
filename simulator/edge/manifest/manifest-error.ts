/** A deployment manifest that the runtime would not accept. The message names file, places and remedies. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'INVALID_MANIFEST';

  constructor(file: string, problems: readonly string[]) {
    super(
      `${file} is not a usable deployment manifest:\n${problems.map((p) => `- ${p}`).join('\n')}`,
    );
  }
}

/** `modulesContent.$edgeHub["properties.desired"].routes.up`, for people and editors. */
export function jsonPath(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      const name = String(step);
      if (!/^[\w$-]+$/.test(name)) return `[${JSON.stringify(name)}]`;
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}
