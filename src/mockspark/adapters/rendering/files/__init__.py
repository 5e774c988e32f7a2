"""Print files, written band by band, so that the whole sheet is never in memory."""
