const mostCharacters = 2000;

/** Where to go after signing in: `wanted` where that is a page of the console itself; otherwise its first page. */
export function returnPath(wanted: string | undefined): string {
  const first = '/';
  // What a browser takes for the begin of another host, or leaves out before it looks.
  if (wanted === undefined || wanted.length > mostCharacters || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wanted)) return first;
  const base = 'http://console.invalid';
  if (!URL.canParse(wanted, base)) return first;
  const { origin, pathname, search, hash } = new URL(wanted, base);
  // A path such as /..//x comes to begin with two slashes.
  if (origin !== base || pathname.startsWith('//') || /^\/(api|sign-in)(\/|$)/.test(pathname)) return first;
  return `${pathname}${search}${hash}`;
}
