/** While the agent does not answer. */
export function Lost({ isRunning }: { readonly isRunning: boolean }) {
  return (
    <p class="note note-warn" role="status">
      The agent does not answer at the moment. {isRunning ? 'What is shown is what it told last; it' : 'It'} is asked again until it does.
    </p>
  );
}
