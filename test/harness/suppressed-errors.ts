/**
 * Makes the stack of a SuppressedError tell both of its errors: what failed first, and what failed when `await using` tidied up after it. Node's test reporter
 * prints nothing but the stack, and so neither of them.
 */
export function showSuppressedErrors(): void {
  Error.prepareStackTrace = (error, trace) => {
    // V8 gives a place a text, as it stands in any stack; the types do not know of it.
    const places = trace.map((site: { readonly toString: () => string }) => `    at ${site.toString()}`);
    const stack = [String(error), ...places].join('\n');
    if (!(error instanceof SuppressedError)) return stack;
    return `${stack}\nfirst: ${stackOf(error.suppressed)}\nthen, while tidying up: ${stackOf(error.error)}`;
  };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
