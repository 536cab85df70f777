import type { Config } from '../../config/schema.ts';
import type { Component } from './component.ts';
import { registry } from './registry.ts';

/** The components of a playground, chosen by its configuration: the parts of the loop, and the add-ons that were asked for. */
export function componentsOf(_config: Config): readonly Component[] {
  return [registry];
}
