import { Command } from 'commander';
import {
  featureGroupTemplateAdd as add,
  featureGroupTemplateList as list,
  featureGroupTemplateRemove as remove,
  type ShownTemplate,
} from '#commands/directory.ts';
import { type CommonOptions, print, table } from './cli.ts';
import { runCommand } from './run-command.ts';

const NAME = 'the name of the template';

interface AddOptions extends CommonOptions {
  description?: string;
  serviceProfile?: string;
  presenceGroup?: string;
  meetingInformation?: boolean;
  presence: boolean;
}

function templateAdd(): Command {
  return new Command('add')
    .description('add a template whose users are enabled for IM and Presence')
    .argument('<name>', NAME)
    .option('--description <text>', 'for people')
    .option('--service-profile <name>', 'the service profile (default: the default one)')
    .option('--presence-group <name>', 'the presence group (default: Standard Presence group)')
    .option('--meeting-information', 'calendar presence as well')
    .option('--no-presence', 'users are not enabled for IM and Presence')
    .action(async (name: string, options: AddOptions) => {
      const { description, serviceProfile, presenceGroup, meetingInformation = false, presence } = options;
      const made = await runCommand(options.data, add, {
        name,
        imAndPresence: presence,
        meetingInformation,
        ...(description !== undefined && { description }),
        ...(serviceProfile !== undefined && { serviceProfile }),
        ...(presenceGroup !== undefined && { presenceGroup }),
      });
      print(options, made, () => `${made.name} is a template now.`);
    });
}

function templateList(): Command {
  return new Command('list').description('list the templates').action(async (options: CommonOptions) => {
    const templates: ShownTemplate[] = await runCommand(options.data, list, {});
    print(options, templates, () => {
      if (templates.length === 0) return 'There are no templates.';
      return table(templates.map((one) => [one.name, words(one), one.description]));
    });
  });
}

function templateRemove(): Command {
  return new Command('remove')
    .description('remove a template; users keep what they got by it')
    .argument('<name>', NAME)
    .action(async (name: string, options: CommonOptions) => {
      const result = await runCommand(options.data, remove, { name });
      print(options, result, () => `${result.name} is removed.`);
    });
}

function words({ imAndPresence, meetingInformation }: ShownTemplate): string {
  if (!imAndPresence) return 'not enabled';
  return meetingInformation ? 'enabled, with calendar' : 'enabled';
}

/** The commands of `rollcall feature-group-template`. */
export const templateCommands = [templateAdd, templateList, templateRemove];
