import { pidfManipulation } from './pidf-manipulation.ts';
import { omaPresRules, presRules } from './pres-rules.ts';
import { resourceLists } from './resource-lists.ts';
import { rlsServices } from './rls-services.ts';
import type { ApplicationUsage } from './usage.ts';

export const usages: readonly ApplicationUsage[] = [
  resourceLists,
  rlsServices,
  presRules,
  omaPresRules,
  pidfManipulation,
];
