"""Which databases a repository speaks to, by the drivers that it asks for. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_PROVIDER = re.compile(r'\bprovider\s*=\s*"(?P<name>\w+)"')
POSTGRESQL = "postgresql"

_DRIVERS: Mapping[str, frozenset[str]] = {
    POSTGRESQL: frozenset(
        {
            "pg", "postgres", "psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary", "asyncpg", "pg8000",
            "github.com/lib/pq", "github.com/jackc/pgx", "org.postgresql:postgresql", "tokio-postgres",
            "sqlx", "diesel", "dj-database-url", "@neondatabase/serverless", "@prisma/adapter-pg",
            "@vercel/postgres",
        }
    ),
    "mysql": frozenset(
        {
            "mysql", "mysql2", "trilogy", "mysqlclient", "pymysql", "mysql-connector-python", "aiomysql",
            "asyncmy",
            "github.com/go-sql-driver/mysql", "com.mysql:mysql-connector-j", "mysql:mysql-connector-java",
            "org.mariadb.jdbc:mariadb-java-client", "mariadb",
        }
    ),
    "sqlite": frozenset(
        {
            "sqlite3", "better-sqlite3", "github.com/mattn/go-sqlite3", "modernc.org/sqlite", "rusqlite",
            "aiosqlite", "@libsql/client", "org.xerial:sqlite-jdbc",
        }
    ),
    "mssql": frozenset(
        {"mssql", "tedious", "mssql-django", "pyodbc", "com.microsoft.sqlserver:mssql-jdbc", "tiny_tds"}
    ),
}  # fmt: skip


def databases(packages: Iterable[str], prisma: Iterable[str] = ()) -> frozenset[str]:
    """The databases that some driver is for; empty where none is known.

    Args:
        packages: the names of all dependencies.
        prisma: the texts of Prisma's schemas.
    """
    names = frozenset(packages)
    found = {database for database, drivers in _DRIVERS.items() if not drivers.isdisjoint(names)}
    providers = {match["name"] for text in prisma for match in _PROVIDER.finditer(text)}
    found |= providers & {"postgresql", "mysql", "sqlite"}
    found |= {"mssql"} if "sqlserver" in providers else set()
    found |= {POSTGRESQL} if "cockroachdb" in providers else set()
    return frozenset(found)
