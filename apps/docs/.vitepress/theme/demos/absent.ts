// In place of the engines and readers that the site's demos do not use: tens of megabytes that nobody would load.
throw new Error("This package is not part of the site.");
