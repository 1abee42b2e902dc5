/**
 * Route templates of HTTP triggers, as ASP.NET Core writes them, for the router that this host uses.
 *
 * Source: learn.microsoft.com/aspnet/core/fundamentals/routing#route-templates
 */

const LITERAL = /^[A-Za-z0-9._~-]+$/;
const PARAMETER = /^\{([A-Za-z_][A-Za-z0-9_]*)(\?)?\}$/;

/**
 * `deadLetters/{id}` as `/deadLetters/:id`; undefined for constraints, defaults, catch-alls and
 * segments that are half literal, which this host does not play.
 */
export function routerPath(template: string): string | undefined {
  const segments = template.split('/').filter((segment) => segment !== '');
  let path = '';
  for (const [index, segment] of segments.entries()) {
    const [, name, isOptional] = PARAMETER.exec(segment) ?? [];
    if (name === undefined && !LITERAL.test(segment)) return undefined;
    if (isOptional !== undefined && index < segments.length - 1) return undefined;
    path += name === undefined ? `/${segment}` : `/:${name}${isOptional ?? ''}`;
  }
  return path === '' ? '/' : path;
}
