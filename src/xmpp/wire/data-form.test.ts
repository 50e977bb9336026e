import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { element } from '#xml/element.ts';
import { parseElement } from '#xml/parse-element.ts';
import { serialize } from '#xml/serializer.ts';
import { FilledForm, writeForm } from './data-form.ts';
import { StanzaError } from './stanza-error.ts';

const NS = 'jabber:x:data';
const isError = (condition: string) => (error: unknown) =>
  error instanceof StanzaError && error.condition === condition;

function submitted(inside: string): FilledForm {
  return FilledForm.read(parseElement(`<x xmlns='${NS}' type='submit'>${inside}</x>`));
}

describe('XEP-0004 §3: what is filled in', () => {
  const form = submitted(
    `<field var='FORM_TYPE' type='hidden'><value>jabber:bot</value></field>
     <field type='fixed'><value>Section 1: Bot Info</value></field>
     <field var='botname' type='text-single'><value>The Jabber Google Bot</value></field>
     <field var='public' type='boolean'><value>0</value></field>
     <field var='features'><value>news</value><value>search</value></field>
     <field var='maxsubs' type='list-single'><value>50</value></field>
     <field var='invitelist' type='jid-multi'>
       <value>juliet@capulet.com</value><value>Juliet@capulet.com</value><value>benvolio@montague.net</value>
     </field>
     <field var='empty'/>`,
  );

  test('XEP-0068: a form says whose names its fields have', () => {
    assert.equal(form.formType, 'jabber:bot');
    assert.deepEqual(form.names, ['botname', 'public', 'features', 'maxsubs', 'invitelist', 'empty']);
  });

  test('each type of field is read as what it is', () => {
    assert.equal(form.text('botname'), 'The Jabber Google Bot');
    assert.equal(form.boolean('public'), false);
    assert.deepEqual(form.list('features'), ['news', 'search']);
    assert.equal(form.choice('maxsubs', ['10', '50']), '50');
    assert.deepEqual(form.jids('invitelist').map(String), ['juliet@capulet.com', 'benvolio@montague.net']);
  });

  test('a field without a value, and one that is not there, are told apart by their names alone', () => {
    assert.deepEqual([form.text('empty'), form.has('empty')], [undefined, true]);
    assert.deepEqual([form.boolean('nothing'), form.has('nothing')], [undefined, false]);
    assert.deepEqual([form.jid('nothing'), form.list('nothing')], [undefined, []]);
  });

  test('XEP-0004 §4: a value that is not valid is not acceptable', () => {
    assert.throws(() => form.text('features'), isError('not-acceptable'));
    assert.throws(() => form.boolean('botname'), isError('not-acceptable'));
    assert.throws(() => form.choice('maxsubs', ['10']), isError('not-acceptable'));
    assert.throws(() => submitted(`<field var='who'><value>@</value></field>`).jid('who'), isError('not-acceptable'));
  });
});

describe('what is no form', () => {
  for (const text of [
    `<x xmlns='${NS}'/>`,
    `<x xmlns='${NS}' type='wish'/>`,
    `<y xmlns='${NS}' type='submit'/>`,
    `<x xmlns='jabber:x:oob' type='submit'/>`,
    `<x xmlns='${NS}' type='submit'><field><value>1</value></field></x>`,
    `<x xmlns='${NS}' type='submit'><field var='a'/><field var='a'/></x>`,
  ]) {
    test(text, () => {
      assert.throws(() => FilledForm.read(parseElement(text)), isError('bad-request'));
    });
  }
});

test('a form is found where it stands, or is not there', () => {
  const query = parseElement(`<query xmlns='x'><x xmlns='${NS}' type='cancel'/></query>`);
  assert.equal(FilledForm.in(query)?.type, 'cancel');
  assert.equal(FilledForm.in(parseElement(`<query xmlns='x'/>`)), undefined);
});

test('XEP-0004 §3.2: a form to be filled in says all that a client shows', () => {
  const form = writeForm({
    type: 'form',
    formType: 'jabber:bot',
    title: 'Bot Configuration',
    instructions: 'Fill out this form to configure your new bot!',
    fields: [
      { name: 'botname', type: 'text-single', label: 'The name of your bot', required: true },
      {
        name: 'maxsubs',
        type: 'list-single',
        description: 'At most',
        values: ['20'],
        options: { 10: 'Few', 20: 'Many' },
      },
    ],
  });
  assert.equal(
    serialize(form, NS),
    "<x type='form'><title>Bot Configuration</title>" +
      '<instructions>Fill out this form to configure your new bot!</instructions>' +
      "<field type='hidden' var='FORM_TYPE'><value>jabber:bot</value></field>" +
      "<field type='text-single' var='botname' label='The name of your bot'><required/></field>" +
      "<field type='list-single' var='maxsubs'><desc>At most</desc><value>20</value>" +
      "<option label='Few'><value>10</value></option><option label='Many'><value>20</value></option></field></x>",
  );
});

test('what is written is read back the same', () => {
  const values = fc.dictionary(fc.string({ minLength: 1 }), fc.array(fc.string()), { noNullPrototype: true });
  fc.assert(
    fc.property(values, (given) => {
      const fields = Object.entries(given).map(([name, values]) => ({ name, values }));
      const form = FilledForm.read(writeForm({ type: 'submit', fields }));
      for (const { name, values } of fields) assert.deepEqual(form.list(name), values);
    }),
  );
});

test('any fields give a form or bad-request', () => {
  const field = fc
    .tuple(fc.constantFrom('field', 'item', 'title'), fc.option(fc.string(), { nil: undefined }), fc.string())
    .map(([kind, name, text]) => element(kind, NS, { var: name }, element('value', NS, {}, text)));
  fc.assert(
    fc.property(fc.array(field), fc.string(), (fields, type) => {
      try {
        FilledForm.read(element('x', NS, { type: type.length % 2 ? type : 'submit' }, ...fields));
      } catch (error) {
        assert.ok(isError('bad-request')(error));
      }
    }),
  );
});
