/** Names of parameters that somebody might put a secret under, though none of ours takes one. */
const SECRET_NAME = /token|secret|password|key|authorization|signature|session/i;
/** Our own tokens wherever they stand: in the path, or as a parameter's name. */
const OUR_TOKEN = /strisk_[\w-]{20,}/g;
/** Most addresses have nothing that could be a secret; what is encoded may hide a name. */
const SUSPICIOUS = /token|secret|password|key|authorization|signature|session|%|strisk_/i;

/** An address as it may stand in a log. Linear in its length: a stranger chooses what is in it. */
export function redactUrl(url: string): string {
  if (!SUSPICIOUS.test(url)) return url;
  const shown = url.replace(OUR_TOKEN, 'strisk_[cut]');
  const query = shown.indexOf('?');
  if (query === -1) return shown;
  const parameters = shown
    .slice(query + 1)
    .split('&')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      return equals !== -1 && isSecret(parameter.slice(0, equals)) ? `${parameter.slice(0, equals)}=[cut]` : parameter;
    });
  return `${shown.slice(0, query)}?${parameters.join('&')}`;
}

function isSecret(name: string): boolean {
  try {
    return SECRET_NAME.test(decodeURIComponent(name));
  } catch {
    // Nobody can say what it is called.
    return true;
  }
}
