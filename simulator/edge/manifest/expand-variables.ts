/**
 * Expands `${NAME}` and `${MODULES.folder}` in the texts of a manifest template.
 *
 * iotedgedev and VS Code leave unknown names as they are and fail much later; here each one is
 * reported with its place. `$NAME` without braces is left alone: `$edgeHub` and `$upstream` look
 * like it. `${MODULES.folder.amd64}` and other platforms mean `${MODULES.folder}`: there is one here.
 */
import { jsonPath } from './manifest-error.ts';

const VARIABLE = /\$\{([A-Za-z_][\w.-]*)\}/g;
const PLATFORM = /^(MODULES\.[^.]+)\.[\w.]+$/;

export interface Expansion {
  readonly value: unknown;
  readonly problems: readonly string[];
}

/** Expands every text in `template`, a parsed JSON document. */
export function expandVariables(
  template: unknown,
  variables: Readonly<Record<string, string>>,
): Expansion {
  const problems: string[] = [];
  const expandText = (text: string, path: readonly PropertyKey[]): string =>
    text.replaceAll(VARIABLE, (whole, name: string) => {
      const platformless = PLATFORM.exec(name)?.[1];
      const known = [name, platformless].find(
        (key) => key !== undefined && Object.hasOwn(variables, key),
      );
      const value = known === undefined ? undefined : variables[known];
      if (value !== undefined) return value;
      problems.push(`${jsonPath(path)}: ${whole} is not defined. ${remedyFor(name, variables)}`);
      return whole;
    });
  return { value: mapTexts(template, [], expandText), problems };
}

function remedyFor(name: string, variables: Readonly<Record<string, string>>): string {
  if (!name.startsWith('MODULES.')) return 'Set it in the environment or in .env.';
  const modules = Object.keys(variables).filter((key) => key.startsWith('MODULES.'));
  return `There are: ${modules.join(', ') || 'none'}.`;
}

function mapTexts(
  value: unknown,
  path: readonly PropertyKey[],
  map: (text: string, path: readonly PropertyKey[]) => string,
): unknown {
  if (typeof value === 'string') return map(value, path);
  if (Array.isArray(value))
    return value.map((item, index) => mapTexts(item, [...path, index], map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, [...path, key], map)]),
  );
}
