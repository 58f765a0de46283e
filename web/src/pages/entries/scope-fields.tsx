/** Of which entries: a base DN and a filter, both may be left empty. */
export function ScopeFields({
  base,
  where,
  onChange,
}: {
  readonly base: string;
  readonly where: string;
  readonly onChange: (facts: { readonly base?: string; readonly where?: string }) => void;
}) {
  return (
    <>
      <label class="field">
        <span>Only at and below (base DN)</span>
        <input
          value={base}
          onInput={(event) => onChange({ base: event.currentTarget.value })}
          maxLength={4000}
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <label class="field">
        <span>Only what matches (LDAP filter)</span>
        <input
          value={where}
          onInput={(event) => onChange({ where: event.currentTarget.value })}
          maxLength={4000}
          autocomplete="off"
          spellcheck={false}
        />
      </label>
    </>
  );
}
