"""Importers: designs of other programs, hostile until they are checked."""
