// What each tool asked and the answer it got: rows for docs/compatibility.md.
import { writeFileSync } from "node:fs";

export interface Row {
  readonly tool: string;
  readonly method: string;
  readonly answer: string;
}

const rows: Row[] = [];

export function record(tool: string, method: string, answer: string): void {
  rows.push({ tool, method, answer });
}

/** Writes the rows where the driver collects them. */
export function save(name: string): void {
  const dir = process.env.SYNERGY_REPORT;
  if (dir) writeFileSync(`${dir}/${name}.json`, JSON.stringify(rows));
}
