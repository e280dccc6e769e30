//! Any text as the XML view colours it.
