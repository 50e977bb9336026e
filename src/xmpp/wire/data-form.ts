/** XEP-0004: Data Forms, version 2.13.2. Forms that are filled in, and facts that are told as a form. */
import { type Element, element } from '#xml/element.ts';
import { Jid } from './jid.ts';
import { NS_DATA_FORMS } from './namespaces.ts';
import { StanzaError } from './stanza-error.ts';

/** §3.1. */
export type FormType = 'form' | 'submit' | 'cancel' | 'result';

/** §3.3. */
export type FieldType =
  | 'boolean'
  | 'fixed'
  | 'hidden'
  | 'jid-multi'
  | 'jid-single'
  | 'list-multi'
  | 'list-single'
  | 'text-multi'
  | 'text-private'
  | 'text-single';

/** A field as it is shown. */
export interface Field {
  /** Left out in a form of type 'submit' or 'result', where it can be inferred (§3.2). */
  readonly type?: FieldType;
  /** Its name; only a fixed field may lack it. */
  readonly name?: string;
  /** What people read beside it. */
  readonly label?: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly values?: readonly string[];
  /** Of a list: what may be chosen, by value, with the label that people read. */
  readonly options?: Readonly<Record<string, string>>;
}

export interface Form {
  readonly type: FormType;
  /** Says whose names the fields have (XEP-0068). */
  readonly formType?: string;
  readonly title?: string;
  readonly instructions?: string;
  readonly fields?: readonly Field[];
}

export function writeForm({ type, formType, title, instructions, fields = [] }: Form): Element {
  const hidden: Field[] = formType === undefined ? [] : [{ name: 'FORM_TYPE', type: 'hidden', values: [formType] }];
  return element(
    'x',
    NS_DATA_FORMS,
    { type },
    title === undefined ? undefined : element('title', NS_DATA_FORMS, {}, title),
    instructions === undefined ? undefined : element('instructions', NS_DATA_FORMS, {}, instructions),
    ...[...hidden, ...fields].map(writeField),
  );
}

/** §3.4: rows of a table, for each of which all columns are told. */
export interface Table {
  readonly title?: string;
  readonly formType?: string;
  readonly columns: readonly string[];
  /** The cells of each row, in the order of the columns; a cell has any number of values. */
  readonly rows: readonly (readonly (readonly string[])[])[];
}

export function writeTable({ title, formType, columns, rows }: Table): Element {
  const form = writeForm({
    type: 'result',
    ...(title !== undefined && { title }),
    ...(formType !== undefined && { formType }),
  });
  const reported = columns.map((name) => writeField({ name, label: name, type: 'text-single' }));
  form.children.push(element('reported', NS_DATA_FORMS, {}, ...reported));
  for (const cells of rows) {
    const fields = cells.map((values, i) => writeField({ name: columns[i]!, values }));
    form.children.push(element('item', NS_DATA_FORMS, {}, ...fields));
  }
  return form;
}

function writeField({ name, type, label, description, required, values = [], options = {} }: Field): Element {
  return element(
    'field',
    NS_DATA_FORMS,
    { type, var: name, label },
    description === undefined ? undefined : element('desc', NS_DATA_FORMS, {}, description),
    required ? element('required', NS_DATA_FORMS) : undefined,
    ...values.map(writeValue),
    ...Object.entries(options).map(([value, text]) =>
      element('option', NS_DATA_FORMS, { label: text }, writeValue(value)),
    ),
  );
}

function writeValue(value: string): Element {
  return element('value', NS_DATA_FORMS, {}, value);
}

/** What somebody filled in. Fields that nobody asks for are ignored (§3.1). */
export class FilledForm {
  readonly type: FormType;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  private constructor(type: FormType, values: ReadonlyMap<string, readonly string[]>) {
    this.type = type;
    this.#values = values;
  }

  /**
   * @param form `<x xmlns='jabber:x:data'/>`
   * @throws {StanzaError} 'bad-request' when it is not one
   */
  static read(form: Element): FilledForm {
    const { type } = form.attributes;
    if (!form.is('x', NS_DATA_FORMS) || !isFormType(type))
      throw new StanzaError('bad-request', { text: 'Not a form.' });
    const values = new Map<string, readonly string[]>();
    for (const field of form.elements()) {
      if (!field.is('field', NS_DATA_FORMS)) continue;
      const { var: name, type: fieldType } = field.attributes;
      if (name === undefined && fieldType === 'fixed') continue;
      if (name === undefined || values.has(name)) {
        throw new StanzaError('bad-request', { text: 'Each field has a name (var), and stands once.' });
      }
      const all = field.elements().filter((child) => child.is('value', NS_DATA_FORMS));
      values.set(
        name,
        all.map((value) => value.text()),
      );
    }
    return new FilledForm(type, values);
  }

  /** The form below an element; undefined where there is none. @throws {StanzaError} as `read` */
  static in(parent: Element): FilledForm | undefined {
    const form = parent.child('x', NS_DATA_FORMS);
    return form && FilledForm.read(form);
  }

  /** XEP-0068: whose names the fields have; undefined where it does not say. */
  get formType(): string | undefined {
    return this.#values.get('FORM_TYPE')?.[0];
  }

  /** Names of the fields, without FORM_TYPE, in their order. */
  get names(): string[] {
    return [...this.#values.keys()].filter((name) => name !== 'FORM_TYPE');
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The values of a field: of one that is not there as of an empty one, none. */
  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** @returns undefined when it is not there or has no value. @throws {StanzaError} 'not-acceptable' with several */
  text(name: string): string | undefined {
    const values = this.list(name);
    if (values.length > 1) throw notAcceptable(`${name} takes one value.`);
    return values[0];
  }

  /** As `text`. @throws {StanzaError} 'not-acceptable' when it is neither true, false, 1 nor 0 */
  boolean(name: string): boolean | undefined {
    const value = this.text(name)?.trim();
    if (value === undefined) return undefined;
    if (value === 'true' || value === '1') return true;
    if (value === 'false' || value === '0') return false;
    throw notAcceptable(`${name} is true or false.`);
  }

  /** As `text`. @throws {StanzaError} 'not-acceptable' when it is not among the choices */
  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined || choices.includes(value as T)) return value as T | undefined;
    throw notAcceptable(`${name} is one of ${choices.join(', ')}.`);
  }

  /** As `text`. @throws {StanzaError} 'not-acceptable' when it is not an address */
  jid(name: string): Jid | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : readJid(name, value);
  }

  /** Each address once (§3.3). @throws {StanzaError} 'not-acceptable' when one is not an address */
  jids(name: string): Jid[] {
    const jids = this.list(name).map((value) => readJid(name, value));
    return [...new Map(jids.map((jid) => [jid.full, jid])).values()];
  }
}

function isFormType(type: string | undefined): type is FormType {
  return type === 'form' || type === 'submit' || type === 'cancel' || type === 'result';
}

function readJid(name: string, value: string): Jid {
  try {
    return Jid.parse(value);
  } catch {
    throw notAcceptable(`${name} is an address.`);
  }
}

/** §4. */
function notAcceptable(text: string): StanzaError {
  return new StanzaError('not-acceptable', { text });
}
