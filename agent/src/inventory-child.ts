import { readInventory } from './discover/inventory.ts';

/** A program of its own: prints the inventory as JSON and ends, so that the package it needs never stays in memory. */
process.stdout.write(JSON.stringify(await readInventory()));
