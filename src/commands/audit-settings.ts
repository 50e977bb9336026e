import { duration, settingsGroup } from '#base/settings.ts';

export const auditSettings = settingsGroup('audit', {
  keepDays: duration({
    default: 0,
    min: 0,
    max: 36_500,
    unit: 'days',
    help: 'How long the record of administrative commands is kept; 0 keeps it for ever.',
  }),
});
