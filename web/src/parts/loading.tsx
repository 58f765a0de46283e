/** While something is asked for; told to screen readers as well. */
export function Loading({ what }: { readonly what: string }) {
  return (
    <p class="muted" role="status">
      Loading {what} …
    </p>
  );
}
