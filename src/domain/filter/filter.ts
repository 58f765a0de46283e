/** A filter of RFC 4511, section 4.5.1.7. Values are texts of one character per byte, as in `LdifEntry`; attributes are descriptions as they were spelled. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly kind: 'not'; readonly filter: Filter }
  | { readonly kind: 'present'; readonly attribute: string }
  | { readonly kind: 'equal' | 'atLeast' | 'atMost' | 'like'; readonly attribute: string; readonly value: string }
  | {
      readonly kind: 'parts';
      readonly attribute: string;
      readonly initial: string;
      readonly any: readonly string[];
      readonly final: string;
    }
  | Extensible;

/** `cn:dn:caseExactMatch:=value`; at least one of attribute and rule is there. */
export interface Extensible {
  readonly kind: 'extensible';
  readonly attribute: string | undefined;
  readonly rule: string | undefined;
  /** The values in the DN of the entry count as well. */
  readonly isDnIncluded: boolean;
  readonly value: string;
}
