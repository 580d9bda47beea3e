"""The commands of ``python -m scripts`` that use a Label Studio server, one file each."""
