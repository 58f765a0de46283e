import { formatCount } from '../../../../src/foundation/counts.ts';
import type { Attribute, AttributeChange } from './documents.ts';
import { ChangedValues, ValueList } from './value-list.tsx';

/** All attributes of an entry, by name; folded away until they are asked for. */
export function AllAttributes({ title, attributes }: { readonly title: string; readonly attributes: readonly Attribute[] }) {
  return (
    <details class="entries-all">
      <summary>
        {title}: {formatCount(attributes.length)} {attributes.length === 1 ? 'attribute' : 'attributes'}
      </summary>
      <table class="entries-attributes">
        <caption class="hidden-text">{title}</caption>
        <thead class="hidden-text">
          <tr>
            <th scope="col">attribute</th>
            <th scope="col">values</th>
          </tr>
        </thead>
        <tbody>
          {attributes.map((attribute) => (
            <tr key={attribute.name}>
              <th scope="row">{attribute.name}</th>
              <td>
                <ValueList of={attribute} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** What differs, attribute by attribute; `choice` puts a box before each. */
export function ChangeTable({
  caption,
  changes,
  words,
  choice,
}: {
  readonly caption: string;
  readonly changes: readonly AttributeChange[];
  readonly words?: { readonly removed: string; readonly added: string };
  readonly choice?: { readonly isChosen: (name: string) => boolean; readonly onToggle: (name: string) => void };
}) {
  return (
    <table class="entries-attributes">
      <caption class="hidden-text">{caption}</caption>
      <thead class="hidden-text">
        <tr>
          <th scope="col">attribute</th>
          <th scope="col">what differs</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.name}>
            <th scope="row">
              {choice === undefined ? (
                change.name
              ) : (
                <label class="entries-box">
                  <input type="checkbox" checked={choice.isChosen(change.name)} onChange={() => choice.onToggle(change.name)} />
                  {change.name}
                </label>
              )}
            </th>
            <td>{words === undefined ? <ChangedValues change={change} /> : <ChangedValues change={change} words={words} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
