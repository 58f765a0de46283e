/** Values of one attribute. */
export interface AttributeValues {
  readonly name: string;
  readonly values: readonly Uint8Array[];
}

export interface AttributeModification extends AttributeValues {
  readonly op: 'add' | 'delete' | 'replace';
}

/** One change of one entry. */
export type ChangeRecord =
  | { readonly kind: 'add'; readonly dn: string; readonly attributes: readonly AttributeValues[] }
  | { readonly kind: 'delete'; readonly dn: string }
  | { readonly kind: 'modify'; readonly dn: string; readonly changes: readonly AttributeModification[] }
  | {
      readonly kind: 'rename';
      readonly dn: string;
      readonly newRdn: string;
      readonly isOldRdnDeleted: boolean;
      readonly newParent?: string | undefined;
    };
