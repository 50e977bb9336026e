/** What a statement says, once it is read. */

/** `e.userid`; the table is '' where the statement names none. */
export interface ColumnName {
  readonly table: string;
  readonly name: string;
}

export type Operand =
  | { readonly is: 'column'; readonly column: ColumnName; readonly fold: 'lower' | 'upper' | undefined }
  | { readonly is: 'value'; readonly value: string | null };

export type Comparison = '=' | '<>' | '<' | '>' | '<=' | '>=';

export type Condition =
  | { readonly is: 'and' | 'or'; readonly all: readonly Condition[] }
  | { readonly is: 'not'; readonly condition: Condition }
  | { readonly is: 'compare'; readonly how: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly is: 'like'; readonly operand: Operand; readonly pattern: string }
  | { readonly is: 'in'; readonly operand: Operand; readonly values: readonly string[] }
  | { readonly is: 'null'; readonly operand: Operand };

export interface TableName {
  readonly name: string;
  readonly alias: string;
  /** Of a left outer join; its own tables' rows come though nothing fits. */
  readonly outerOn: Condition | undefined;
}

export type Item =
  | { readonly is: 'all'; readonly table: string }
  | { readonly is: 'count'; readonly as: string }
  | { readonly is: 'operand'; readonly operand: Operand; readonly as: string };

export interface Select {
  readonly is: 'select';
  readonly skip: number;
  readonly first: number | undefined;
  readonly distinct: boolean;
  readonly items: readonly Item[];
  readonly tables: readonly TableName[];
  readonly where: Condition | undefined;
  readonly orderBy: readonly { readonly column: ColumnName; readonly descending: boolean }[];
}

export interface Update {
  readonly is: 'update';
  readonly table: string;
  readonly alias: string;
  readonly set: ReadonlyMap<string, string | null>;
  readonly where: Condition | undefined;
}

export type Statement = Select | Update;
