import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ACTIVITIES, createActivities } from '../../../activities/index.ts';
import type { StepDeps } from '../../../activities/deps.ts';

const DEFINITION = /export const (\w+) = define(?:Step|Activity)\b/g;

describe('createActivities', () => {
  it('every step under activities/steps: is listed', () => {
    const sources = globSync('activities/steps/**/*.ts').map((file) => readFileSync(file, 'utf8'));
    const defined = sources.flatMap((source) => [...source.matchAll(DEFINITION)].map(([, name]) => name));
    expect(Object.keys(ACTIVITIES).toSorted((a, b) => a.localeCompare(b))).toEqual(
      defined.toSorted((a = '', b = '') => a.localeCompare(b)),
    );
  });

  it('every step: is registered under its own name', () => {
    for (const [name, activity] of Object.entries(ACTIVITIES)) expect(activity.name).toBe(name);
    expect(Object.keys(createActivities({} as StepDeps))).toEqual(Object.keys(ACTIVITIES));
  });
});
