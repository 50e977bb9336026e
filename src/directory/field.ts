/** What the directory knows of a field, and short ways to say it. */
import type { FieldValue, KindName } from './object.ts';

interface Common {
  /** Has to be given when an object is added, and is never emptied. In an item of a list: without it there is no item. */
  readonly required?: boolean;
  /** Only when an object is added. */
  readonly default?: FieldValue;
  /** Whether `Criteria` may name it. */
  readonly searchable?: boolean;
  /** Never given back. */
  readonly secret?: boolean;
  /** The key field. */
  readonly key?: boolean;
  /** Computed: it is in answers, and cannot be set. */
  readonly readOnly?: boolean;
}

export interface StringField extends Common {
  readonly type: 'string';
  /** In characters. */
  readonly maxLength: number;
  /** All values there are; compared as they stand. */
  readonly values?: readonly string[];
}

export interface BooleanField extends Common {
  readonly type: 'boolean';
}

export interface IntegerField extends Common {
  readonly type: 'integer';
  readonly min: number;
  readonly max: number;
}

export interface ReferenceField extends Common {
  readonly type: 'reference';
  readonly to: KindName;
  /** What becomes of it when the other object is removed: that is refused, or this field is emptied. */
  readonly onRemove: 'refuse' | 'free';
}

export interface GroupField extends Common {
  readonly type: 'group';
  readonly fields: Readonly<Record<string, Field>>;
}

export interface ListField extends Common {
  readonly type: 'list';
  readonly item: Field;
  /** AXL's name of the element of one item. */
  readonly itemName: string;
  readonly maxItems: number;
}

export type Field = StringField | BooleanField | IntegerField | ReferenceField | GroupField | ListField;

export interface Kind {
  /** AXL's element of an object: `user`. */
  readonly tag: string;
  readonly key: string;
  /** Fields that together with the key are unique; none for most kinds. */
  readonly within: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
}

export const text = (maxLength: number, more?: Partial<StringField>): StringField => ({
  type: 'string',
  maxLength,
  ...more,
});
export const oneOf = (values: readonly string[], more?: Partial<StringField>): StringField => ({
  type: 'string',
  maxLength: 128,
  values,
  ...more,
});
export const secret = (maxLength: number): StringField => ({ type: 'string', maxLength, secret: true });
export const boolean = (standard?: boolean, more?: Partial<BooleanField>): BooleanField => ({
  type: 'boolean',
  ...(standard !== undefined && { default: standard }),
  ...more,
});
export const integer = (min: number, max: number, more?: Partial<IntegerField>): IntegerField => ({
  type: 'integer',
  min,
  max,
  ...more,
});
export const reference = (
  to: KindName,
  onRemove: ReferenceField['onRemove'],
  more?: Partial<ReferenceField>,
): ReferenceField => ({ type: 'reference', to, onRemove, ...more });
export const group = (fields: Record<string, Field>): GroupField => ({ type: 'group', fields });
export const list = (itemName: string, item: Field, maxItems = 1000, more?: Partial<ListField>): ListField => ({
  type: 'list',
  itemName,
  item,
  maxItems,
  ...more,
});
