/** A message for pages and logs: connection strings have a way into the errors of clients. */
export function withoutSecrets(text: string): string {
  return text.replace(/(AccountKey|SharedAccessKey|sig|password)=[^;&\s"']+/gi, '$1=[secret]');
}
