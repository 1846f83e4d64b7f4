"""Run policies around a function of any kind; this package knows no concrete policy."""
