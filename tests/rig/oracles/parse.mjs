// Parses messages of commits by `conventional-commits-parser` with the preset `conventionalcommits`.
//
// Reads a JSON array of messages from standard input, and writes for each what was found, as JSON.

import { readFileSync } from "node:fs";
import { CommitParser } from "conventional-commits-parser";
import createPreset from "conventional-changelog-conventionalcommits";

const { parser } = createPreset();
const commits = new CommitParser(parser);
const found = JSON.parse(readFileSync(0, "utf-8")).map((message) => {
  try {
    const { type, scope, subject, notes } = commits.parse(message);
    return { type, scope, subject, notes: notes.map((note) => note.text) };
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(found));
