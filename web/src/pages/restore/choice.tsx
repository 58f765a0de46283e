import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

export interface ChoiceProps {
  readonly kind: 'radio' | 'checkbox';
  readonly name: string;
  readonly title: string;
  readonly isChosen: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: () => void;
  /** What follows from it. */
  readonly children?: ComponentChildren;
}

/** Something to choose, with what follows from it below. */
export function Choice({ kind, name, title, isChosen, isDisabled, onChange, children }: ChoiceProps) {
  const id = useId();
  return (
    <div class="restore-choice">
      <input
        id={id}
        type={kind}
        name={name}
        checked={isChosen}
        disabled={isDisabled}
        onChange={onChange}
        aria-describedby={children === undefined ? undefined : `${id}-more`}
      />
      <label for={id}>{title}</label>
      {children === undefined ? null : (
        <p id={`${id}-more`} class="muted small">
          {children}
        </p>
      )}
    </div>
  );
}
