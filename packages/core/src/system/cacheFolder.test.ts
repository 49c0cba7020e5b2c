import { homedir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { cacheFolder } from "./cacheFolder";

it("is CAJAL_CACHE, else cajal in XDG_CACHE_HOME, else in the home folder's cache", () => {
  const XDG_CACHE_HOME = "/var/x";
  expect(cacheFolder({ CAJAL_CACHE: "/data/c", XDG_CACHE_HOME })).toBe("/data/c");
  expect(cacheFolder({ XDG_CACHE_HOME })).toBe(join("/var/x", "cajal"));
  expect(cacheFolder({ CAJAL_CACHE: "", XDG_CACHE_HOME })).toBe(join("/var/x", "cajal"));
  expect(cacheFolder({})).toBe(join(homedir(), ".cache", "cajal"));
});

it("ignores a relative XDG_CACHE_HOME, as its specification asks", () =>
  expect(cacheFolder({ XDG_CACHE_HOME: "x" })).toBe(join(homedir(), ".cache", "cajal")));
