import { Choice } from './choice.tsx';

interface SourceOptionsProps {
  readonly hasExport: boolean;
  readonly isFromExport: boolean;
  readonly onChange: (isFromExport: boolean) => void;
}

/** From the server's own backup, or from the export of its entries. */
export function SourceOptions({ hasExport, isFromExport, onChange }: SourceOptionsProps) {
  return (
    <fieldset>
      <legend>From what</legend>
      <Choice
        kind="radio"
        name="source"
        title="The backup: the server's own database files"
        isChosen={!isFromExport}
        onChange={() => onChange(false)}
      >
        Quick, and what a drill proves. Right unless the files are damaged, or of a version that the server does not take.
      </Choice>
      <Choice
        kind="radio"
        name="source"
        title="The export: the entries as text (LDIF)"
        isChosen={isFromExport}
        isDisabled={!hasExport}
        onChange={() => onChange(true)}
      >
        {hasExport
          ? 'All entries, their passwords and times too, are imported anew. It takes longer, and the backends are out of service for that time.'
          : 'This backup has no export of what is chosen.'}
      </Choice>
    </fieldset>
  );
}
