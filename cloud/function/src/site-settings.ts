/** The app settings `SITES` (names, recipients and direct meters of sites, as JSON) and `MAIL_TO`. */
import { z } from 'zod';
import type { SiteEntry } from './core/sites.ts';

const Address = z.email('expected an e-mail address');

const Site = z.strictObject({
  id: z.string().min(1).max(128),
  name: z.string().min(1).max(128).optional(),
  recipients: z.array(Address).min(1).optional(),
  meters: z.array(z.string().min(1).max(128)).default([]),
});

const Sites = z.array(Site).superRefine((sites, context) => {
  const ids = new Set<string>();
  const owners = new Map<string, string>();
  for (const [index, { id, meters }] of sites.entries()) {
    const refuse = (message: string): void =>
      context.addIssue({ code: 'custom', path: [index], message });
    if (ids.has(id)) refuse(`the site ${id} is there twice`);
    ids.add(id);
    for (const meter of meters) {
      const owner = owners.get(meter);
      if (owner !== undefined) refuse(`the meter ${meter} belongs to ${owner} and to ${id}`);
      owners.set(meter, id);
    }
  }
});

/** The setting as text; what it leaves out comes from `defaultRecipients`. */
export const SitesSetting = z
  .string()
  .default('[]')
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'expected JSON, a list of sites' });
      return z.NEVER;
    }
  })
  .pipe(Sites);

/** The setting `MAIL_TO`: addresses, separated by commas. */
export const RecipientsSetting = z
  .string()
  .transform((text) => text.split(',').flatMap((part) => part.trim() || []))
  .pipe(z.array(Address).min(1, 'expected an e-mail address'));

/** Fills in what the setting leaves out. */
export function siteEntries(
  sites: z.infer<typeof SitesSetting>,
  defaultRecipients: readonly string[],
): SiteEntry[] {
  return sites.map(({ id, name, recipients, meters }) => ({
    id,
    name: name ?? id,
    recipients: recipients ?? defaultRecipients,
    meters,
  }));
}
